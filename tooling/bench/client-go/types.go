package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "iidp.com", Version: "v1"}

type Model struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type AppModelSpec struct {
	App     string  `json:"app,omitempty"`
	Version string  `json:"version,omitempty"`
	Models  []Model `json:"models,omitempty"`
}

type AppModel struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              AppModelSpec `json:"spec,omitempty"`
}

type AppModelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AppModel `json:"items"`
}

func (in *AppModel) DeepCopyObject() runtime.Object {
	out := *in
	in.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Spec.Models = append([]Model(nil), in.Spec.Models...)
	return &out
}

func (in *AppModelList) DeepCopyObject() runtime.Object {
	out := *in
	out.Items = make([]AppModel, len(in.Items))
	for i := range in.Items {
		out.Items[i] = *in.Items[i].DeepCopyObject().(*AppModel)
	}
	return &out
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(groupVersion, &AppModel{}, &AppModelList{})
	metav1.AddToGroupVersion(scheme, groupVersion)
	return nil
}
